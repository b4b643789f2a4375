"""What stands in the shop's database on its first morning; always the same."""

from __future__ import annotations

# title, author, genre, year, isbn, price, discount in per cent, copies in stock, languages
BOOKS = [
    ("The Left Hand of Darkness", "Ursula K. Le Guin", "science-fiction", 1969, "9780441478125", 11.50, None, 7, "en,de"),
    ("The Dispossessed", "Ursula K. Le Guin", "science-fiction", 1974, "9780060512750", 12.90, None, 4, "en"),
    ("A Wizard of Earthsea", "Ursula K. Le Guin", "fantasy", 1968, "9780547773742", 9.90, 10, 12, "en,fr,de"),
    ("Kindred", "Octavia E. Butler", "science-fiction", 1979, "9780807083697", 13.20, None, 5, "en"),
    ("Parable of the Sower", "Octavia E. Butler", "science-fiction", 1993, "9781538732182", 14.00, 20, 3, "en,es"),
    ("Frankenstein", "Mary Shelley", "fiction", 1818, "9780141439471", 7.50, None, 9, "en,fr"),
    ("Middlemarch", "George Eliot", "fiction", 1871, "9780141439549", 10.00, None, 2, "en"),
    ("Pride and Prejudice", "Jane Austen", "fiction", 1813, "9780141439518", 6.90, None, 15, "en,fr,es"),
    ("Persuasion", "Jane Austen", "fiction", 1817, "9780141439686", 6.90, None, 0, "en"),
    ("Mrs Dalloway", "Virginia Woolf", "fiction", 1925, "9780156628709", 9.20, None, 6, "en,de"),
    ("Beloved", "Toni Morrison", "fiction", 1987, "9781400033416", 12.00, None, 8, "en"),
    ("Things Fall Apart", "Chinua Achebe", "fiction", 1958, "9780385474542", 10.80, None, 5, "en"),
    ("The Hobbit", "J. R. R. Tolkien", "fantasy", 1937, "9780547928227", 11.00, None, 20, "en,de,fr,es"),
    ("Piranesi", "Susanna Clarke", "fantasy", 2020, "9781635577808", 13.50, 15, 6, "en"),
    ("The Murder of Roger Ackroyd", "Agatha Christie", "mystery", 1926, "9780062073563", 8.40, None, 4, "en,fr"),
    ("And Then There Were None", "Agatha Christie", "mystery", 1939, "9780062073488", 8.40, None, 1, "en,es"),
    ("The Hound of the Baskervilles", "Arthur Conan Doyle", "mystery", 1902, "9780140437867", 7.00, None, 3, "en"),
    ("Gaudy Night", "Dorothy L. Sayers", "mystery", 1935, "9780062196538", 9.60, None, 0, "en"),
    ("SPQR", "Mary Beard", "history", 2015, "9781631492228", 16.50, None, 4, "en,de"),
    ("The Guns of August", "Barbara W. Tuchman", "history", 1962, "9780345476098", 15.00, 25, 2, "en"),
    ("Silent Spring", "Rachel Carson", "science", 1962, "9780618249060", 12.40, None, 5, "en"),
    ("Cosmos", "Carl Sagan", "science", 1980, "9780345539434", 14.90, None, 10, "en,de,fr"),
    ("The Order of Time", "Carlo Rovelli", "science", 2017, "9780735216105", 13.00, None, 6, "en,fr"),
    ("Ariel", "Sylvia Plath", "poetry", 1965, "9780060931728", 10.50, None, 3, "en"),
    ("The Waste Land", "T. S. Eliot", "poetry", 1922, "9780393974997", 9.00, None, 4, "en"),
    ("Momo", "Michael Ende", "children", 1973, "9780140317534", 9.80, None, 7, "de,en,es"),
    ("Pippi Longstocking", "Astrid Lindgren", "children", 1945, "9780142402498", 7.90, None, 11, "en,de"),
]

# name, e-mail address, city
CUSTOMERS = [
    ("Mei Tanaka", "mei.tanaka@example.com", "Osaka"),
    ("Ken Tanaka", "ken.tanaka@example.com", "Kyoto"),
    ("Amara Okafor", "amara@example.org", "Lagos"),
    ("Jonas Weber", "jonas.weber@example.net", "Leipzig"),
    ("Lucía Fernández", "lucia.fernandez@example.com", "Valencia"),
    ("Priya Raman", "priya.raman@example.org", "Chennai"),
    ("Noah Martin", "noah.martin@example.net", "Lyon"),
    ("Ingrid Solberg", "ingrid@example.com", "Bergen"),
]

# book id, customer id, quantity, unit price, status, time
ORDERS = [
    (103, 203, 1, 8.91, "shipped", "2026-01-12T09:30:00Z"),
    (122, 204, 2, 14.90, "shipped", "2026-02-03T16:05:00Z"),
    (113, 201, 1, 11.00, "placed", "2026-02-20T11:45:00Z"),
    (108, 205, 3, 6.90, "cancelled", "2026-02-21T08:00:00Z"),
    (121, 206, 1, 12.40, "placed", "2026-02-27T19:20:00Z"),
]
