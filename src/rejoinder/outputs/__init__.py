"""Fifth stage: answers and graphs written in the formats of others, and loaded into their stores."""
