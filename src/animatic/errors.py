"""The one error that is meant for people."""


class UserError(Exception):
    """Something from outside is wrong: what it is, what was given and what would be right.

    The message is one line. The command line prints it without a traceback and exits with code 2.
    """
