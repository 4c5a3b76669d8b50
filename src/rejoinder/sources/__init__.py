"""First stage: files found and hashed, Turtle read with its lines, query headers, texts of sources."""
