import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { convert } from "./convert.ts";

const machineOf = (inside: string) => convert(`<scxml>${inside}</scxml>`, tmpdir());

interface Transition {
  readonly reenter: boolean;
}

function transitionsOfA(inside: string): Map<string, readonly Transition[]> {
  const { a } = machineOf(inside).root.states as unknown as { a: { transitions: Map<string, Transition[]> } };
  return a.transitions;
}

describe("an SCXML document as a machine of XState", () => {
  test("waits for events by their prefixes, in XState's own words where its order is the document's", () => {
    const transitions = transitionsOfA(
      '<state id="a"><transition event="foo.bar baz" target="b"/><transition event="*" target="b"/></state><state id="b"/>',
    );
    expect([...transitions.keys()]).toEqual(["foo.bar.*", "baz.*", "*"]);
  });

  test("tries transitions in the order of the document where XState would take the longest descriptor first", () => {
    const transitions = transitionsOfA(
      '<state id="a"><transition event="*" target="b"/><transition event="foo" target="b"/></state><state id="b"/>',
    );
    expect([...transitions].map(([descriptor, list]) => [descriptor, list.length])).toEqual([["*", 2]]);
  });

  test("leaves the state of an external transition, and stays in that of an internal one to what is inside", () => {
    const transitions = transitionsOfA(
      `<state id="a">
        <transition event="x" target="a1"/><transition event="y" type="internal" target="a1"/>
        <transition event="z" type="internal" target="a"/><state id="a1"/>
      </state>`,
    );
    expect([...transitions.values()].flat().map(({ reenter }) => reenter)).toEqual([true, false, true]);
  });

  test.each([
    ['<state id="a"><onentry><move/></onentry></state>', "<move> is not converted"],
    ['<state id="a"><transition cond="In(\'b\') || true" target="a"/></state>', "In() inside a larger condition"],
    ['<datamodel><data id="x"><book/></data></datamodel><state id="a"/>', "XML as a value needs a DOM"],
    ['<state id="a"><invoke autoforward="true"/></state>', "XState 5 has no autoforward"],
  ])("is refused with the reason, not changed in silence: %s", (inside, message) => {
    expect(() => machineOf(inside)).toThrow(message);
  });
});
