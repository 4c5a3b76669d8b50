"""Second stage: passages, accepted statements, inferred statements and the compiled store."""
