"""Where people's files are stored: in a folder of this machine, or in a bucket of an object store that many share."""
