"""Third stage: findings about the files and the graph, with place, reason and cure."""
