"""Components and networks from files of users and from installed packages."""
