"""Messages to people as mail: their words and calendar files, and how they are handed over; no rule of who gets one."""
