"""Between memory and disk: video files, checkpoints, run folders, shards."""
