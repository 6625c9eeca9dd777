import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  visit,
  type YAMLError,
} from "yaml";
import { type ErrorPlace, PawlError } from "../base/errors/index.ts";
import { plainJson } from "./plain-json.ts";
import { PlanErrors, Problems } from "./problems.ts";
import { quote, quoteId } from "./quote.ts";
import { keyText, PlanSource } from "./source.ts";

/** 25,000 written-out tasks; a text of this size that is made of nothing but commas still ends within seconds. */
export const maxPlanBytes = 4 * 1024 * 1024;

/** Lexical tokens; 10,000 tasks have about 500,000. Bounds time and memory, which follow them and not the bytes. */
const maxTokens = 2_000_000;

/** Nested lists and maps. The composer is recursive: far deeper, it would take the process down with it. */
const maxLevels = 64;

const maxAliases = 100;

/** After the first few, syntax errors are only echoes. */
const mostSyntaxErrors = 10;

/**
 * YAML 1.2 (of which JSON is a part) to values with places. Nothing of the plan language is checked here.
 * @throws PlanErrors: empty, too large, too deep, no YAML, duplicate keys, aliases that cannot be expanded.
 */
export function parseText(text: string, file: string): PlanSource {
  const data = plainJson(text, { levels: maxLevels / 2, marks: maxTokens / 10 });
  return data === undefined ? parseYaml(text, file) : new PlanSource(file, data, () => parseYaml(text, file).written());
}

function parseYaml(text: string, file: string): PlanSource {
  const problems = new Problems(file);
  const lines = new LineCounter();
  const at: Locate = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const [document, second] = compose(text, lines, at);
  if (second !== undefined) {
    const detail = "a second document begins here, and a plan is one";
    problems.add(new PawlError("PLAN_SYNTAX", { detail }, { at: at(second.range[0]) }));
  }
  const errors = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
  for (const error of errors.slice(0, mostSyntaxErrors)) {
    problems.add(syntaxError(error, at));
  }
  problems.throwIfAny();
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    problems.add(new PawlError("PLAN_EMPTY", {}, { at: { file } }));
    problems.throwIfAny();
  }
  checkKeysAndAliases(document, problems, at);
  problems.throwIfAny();
  return new PlanSource(file, plainData(document, problems, file), () => ({ document, lines }));
}

type Locate = (offset: number) => ErrorPlace;

/** The first document of a text (empty texts have one too), and the second if there is any. */
function compose(text: string, lines: LineCounter, at: Locate): [Document.Parsed, Document.Parsed?] {
  const composer = new Composer({
    lineCounter: lines,
    prettyErrors: false,
    schema: "core",
    stringKeys: true,
    // The library compares each key with each other one; checkKeysAndAliases does it in linear time.
    uniqueKeys: false,
  });
  lines.addNewLine(0);
  const documents = composer.compose(tokens(text, lines, at), true, text.length);
  const first: Document.Parsed = documents.next().value!;
  const second = documents.next().value;
  return second === undefined ? [first] : [first, second];
}

/**
 * The concrete syntax of a text.
 * @throws PlanErrors at the first excess of depth or number.
 */
function* tokens(text: string, lines: LineCounter, at: Locate): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    count++;
    if (count > maxTokens) {
      const sizes = { size: `over ${maxTokens} words and signs`, limit: maxTokens };
      const place = at(parser.offset);
      throw new PlanErrors(place.file, [new PawlError("PLAN_TOO_LARGE", sizes, { at: place })]);
    }
    if (parser.stack.length > maxLevels) {
      const place = at(parser.offset);
      throw new PlanErrors(place.file, [new PawlError("PLAN_TOO_DEEP", { limit: maxLevels }, { at: place })]);
    }
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

function syntaxError(error: YAMLError, at: Locate): PawlError {
  const detail = error.code === "NON_STRING_KEY" ? "a key must be a plain word" : quote(error.message).slice(1, -1);
  return new PawlError("PLAN_SYNTAX", { detail }, { at: at(error.pos[0]), cause: error });
}

function checkKeysAndAliases(document: Document.Parsed, problems: Problems, at: Locate): void {
  // Nodes are visited in the order of the text. An alias that resolves itself would look through all of it each time.
  const anchors = new Set<string | undefined>();
  visit(document, {
    Value(_, value) {
      anchors.add(value.anchor);
    },
    Map(_, map) {
      anchors.add(map.anchor);
      const first = new Map<string, number>();
      for (const pair of map.items) {
        const key = keyText(pair);
        const offset = (isScalar(pair.key) && pair.key.range?.[0]) || 0;
        const earlier = first.get(key);
        if (earlier !== undefined) {
          const line = at(earlier).line ?? 1;
          problems.add(new PawlError("PLAN_DUPLICATE_KEY", { key: quoteId(key), line }, { at: at(offset) }));
        } else if (key === "__proto__") {
          // Objects have it already: whoever copies the map would lose it, or change what all objects are.
          const values = { where: "the plan", key, hint: "", known: "any other name" };
          problems.add(new PawlError("PLAN_KEY_UNKNOWN", values, { at: at(offset) }));
        } else {
          first.set(key, offset);
        }
      }
    },
    Alias(_, alias, path) {
      if (!anchors.has(alias.source)) {
        anchors.add(alias.source); // once told is enough
        const values = { name: quoteId(alias.source) };
        problems.add(new PawlError("PLAN_ALIAS_UNKNOWN", values, { at: at(alias.range?.[0] ?? 0) }));
      }
      const inItself = path.some((node) => !isAlias(node) && "anchor" in node && node.anchor === alias.source);
      if (inItself) {
        const values = { detail: `*${quoteId(alias.source)} stands inside its own anchor`, limit: maxAliases };
        problems.add(new PawlError("PLAN_ALIASES", values, { at: at(alias.range?.[0] ?? 0) }));
      }
    },
  });
}

function plainData(document: Document.Parsed, problems: Problems, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases });
  } catch (cause) {
    const detail = quote(cause instanceof Error ? cause.message : String(cause)).slice(1, -1);
    problems.add(new PawlError("PLAN_ALIASES", { detail, limit: maxAliases }, { at: { file }, cause }));
    problems.throwIfAny();
    throw cause;
  }
}
