"""What crosses the border between memory and disk: video files, checkpoints, run folders, shards."""
