"""Fourth stage: stored queries bound to their parameters and run on an engine."""
