"""What reaches people: text messages to customers (rows, like everything that leaves) and notices to staff."""
