"""The claims of the source documents, decided one by one: a file for each document's page."""
