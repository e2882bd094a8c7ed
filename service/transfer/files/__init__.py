"""Read the files that people have: any usual format, encoding and compression, from a stream and with flat memory."""
