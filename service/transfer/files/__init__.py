"""Read files in any common format, encoding and compression, from a stream and in constant memory."""
