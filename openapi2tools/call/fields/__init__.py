"""Choose the fields of an answer: dotted names, or a JMESPath expression."""
