"""Where logins are kept between two runs, and one at a time changes them."""
