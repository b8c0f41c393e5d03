// Bilevel
