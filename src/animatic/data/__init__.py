"""Where batches come from: the Stage data set, folders of videos."""
