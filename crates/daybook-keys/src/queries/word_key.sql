SELECT key FROM keys.word_key
