"""What pytest leaves alone here: the code of the site, and the site itself."""

collect_ignore_glob = ["*.py", "website/*", "_build/*"]
