"""Values that every area uses: vocabulary, ids, names, addresses and instants."""
