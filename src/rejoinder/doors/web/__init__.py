"""The explorer: pages for people and a SPARQL endpoint for programs."""
