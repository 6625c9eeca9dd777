/** What a caller in plain JavaScript may hand over where a text is asked for. */
export const noTexts = [7, true, {}, ["a"], () => "a", Symbol("a"), 7n];
