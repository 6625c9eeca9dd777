import { describe, expect, test } from "vitest";
import { named, parseXml } from "./xml.ts";

describe("the XML of a case", () => {
  test("is read into elements, with what is no element left out", () => {
    const root = parseXml(
      '<?xml version="1.0"?><!-- <no/> --><scxml:a x="1 &lt; 2" y=\'"\'><!-- b -->\n <b/>t&amp;<![CDATA[<c>]]></scxml:a>\n',
    );
    expect([root.name, root.attributes, root.text.trim()]).toEqual(["a", { x: "1 < 2", y: '"' }, "t&<c>"]);
    expect(named(root, "b").map(({ line, column }) => [line, column])).toEqual([[2, 2]]);
  });

  test.each([
    ["<a><b></a>", "1:7: </a> where b is open"],
    ["<a>\n</a></a>", "2:5: </a> where nothing is open"],
    ["<a/><b/>", "1:9: not one whole element"],
    ["<a>", "1:4: not one whole element"],
    ["<a x=1/>", "1:1: unreadable"],
  ])("is refused where it is broken: %s", (source, message) => {
    expect(() => parseXml(source)).toThrow(message);
  });
});
