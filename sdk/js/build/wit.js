// Reads the contract: the part of WIT that it uses (interfaces with records, enums, variants, aliases, resources and
// functions). Worlds are left out: each component gets one of its own.

const TOKEN = /\/\/\/[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|->|[{}()<>:;,.=@/]|%?[A-Za-z0-9_-]+|\s+/gy;

/**
 * @typedef {{ kind: "name", name: string } | { kind: string, of: Type[] }} Type
 * @typedef {{ name: string, docs: string, type?: Type }} Member
 * @typedef {{ name: string, docs: string, method: boolean, params: Member[], result?: Type }} Func
 * @typedef {{ name: string, docs: string, kind: "record" | "variant" | "enum" | "alias" | "resource",
 *   members: Member[], type?: Type, funcs: Func[] }} Definition
 * @typedef {{ name: string, docs: string, uses: { from: string, names: string[] }[], types: Definition[],
 *   funcs: Func[] }} Interface
 */

/**
 * The interfaces of a WIT file, and the package if the file names it.
 * @param {string} text
 * @param {string} file for messages
 * @returns {{ package?: string, interfaces: Interface[] }}
 */
export function parse(text, file) {
  return new Parser(text, file).file();
}

class Parser {
  /** @param {string} text @param {string} file */
  constructor(text, file) {
    this.file_ = file;
    /** @type {{ text: string, line: number }[]} */
    this.tokens = [];
    let line = 1;
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      const token = match[0];
      const comment = token.startsWith("//") && !token.startsWith("///");
      if (token.trim() !== "" && !comment && !token.startsWith("/*")) this.tokens.push({ text: token, line });
      line += token.split("\n").length - 1;
      end = match.index + token.length;
    }
    this.tokens.push({ text: "", line });
    this.at = 0;
    if (end !== text.length) throw new Error(`${file}:${line}: ${JSON.stringify(text.slice(end, end + 20))} is no WIT`);
  }

  get next() {
    return /** @type {{ text: string, line: number }} */ (this.tokens[this.at]).text;
  }

  take() {
    const token = this.next;
    this.at += 1;
    return token;
  }

  /** @param {string} text */
  accept(text) {
    if (this.next !== text) return false;
    this.at += 1;
    return true;
  }

  /** @param {string} text */
  expect(text) {
    if (!this.accept(text)) {
      const { line } = /** @type {{ line: number }} */ (this.tokens[this.at]);
      throw new Error(`${this.file_}:${line}: ${JSON.stringify(text)} is expected before ${JSON.stringify(this.next)}`);
    }
  }

  name() {
    return this.take().replace(/^%/, "");
  }

  docs() {
    const lines = [];
    while (this.next.startsWith("///")) lines.push(this.take().slice(3).trim());
    return lines.join("\n");
  }

  /** Items between braces. @template T @param {() => T} item @param {string} [separator] @returns {T[]} */
  block(item, separator) {
    const items = [];
    this.expect("{");
    while (!this.accept("}")) {
      items.push(item());
      if (separator) this.accept(separator);
    }
    return items;
  }

  file() {
    /** @type {{ package?: string, interfaces: Interface[] }} */
    const found = { interfaces: [] };
    while (this.next !== "") {
      const docs = this.docs();
      if (this.accept("package")) {
        found.package = this.until(";");
      } else if (this.accept("world")) {
        this.name();
        this.skip();
      } else {
        this.expect("interface");
        found.interfaces.push(this.interface(docs));
      }
    }
    return found;
  }

  /** @param {string} end */
  until(end) {
    let text = "";
    while (!this.accept(end)) text += this.take();
    return text;
  }

  /** Leaves a block out. */
  skip() {
    this.expect("{");
    for (let depth = 1; depth > 0; ) {
      const token = this.take();
      depth += token === "{" ? 1 : token === "}" ? -1 : 0;
    }
  }

  /** @param {string} docs @returns {Interface} */
  interface(docs) {
    /** @type {Interface} */
    const found = { name: this.name(), docs, uses: [], types: [], funcs: [] };
    this.block(() => {
      const docs = this.docs();
      if (this.accept("use")) {
        const from = this.name();
        this.expect(".");
        found.uses.push({ from, names: this.block(() => this.name(), ",") });
        this.expect(";");
        return;
      }
      const word = this.take();
      switch (word) {
        case "type": {
          const name = this.name();
          this.expect("=");
          found.types.push({ name, docs, kind: "alias", members: [], funcs: [], type: this.type() });
          this.expect(";");
          return;
        }
        case "record":
          found.types.push({ name: this.name(), docs, kind: "record", funcs: [], members: this.block(() => this.member(), ",") });
          return;
        case "enum":
        case "variant":
          found.types.push({ name: this.name(), docs, kind: word, funcs: [], members: this.block(() => this.case(), ",") });
          return;
        case "resource": {
          const name = this.name();
          const funcs = this.block(() => {
            const docs = this.docs();
            return this.func(this.name(), docs, true);
          });
          found.types.push({ name, docs, kind: "resource", members: [], funcs });
          return;
        }
        default:
          found.funcs.push(this.func(word.replace(/^%/, ""), docs, false));
      }
    });
    return found;
  }

  /** @returns {Member} */
  member() {
    const docs = this.docs();
    const name = this.name();
    this.expect(":");
    return { name, docs, type: this.type() };
  }

  /** @returns {Member} */
  case() {
    const docs = this.docs();
    const name = this.name();
    if (!this.accept("(")) return { name, docs };
    const type = this.type();
    this.expect(")");
    return { name, docs, type };
  }

  /** @param {string} name @param {string} docs @param {boolean} method @returns {Func} */
  func(name, docs, method) {
    this.expect(":");
    this.expect("func");
    this.expect("(");
    const params = [];
    while (!this.accept(")")) {
      params.push(this.member());
      this.accept(",");
    }
    const result = this.accept("->") ? this.type() : undefined;
    this.expect(";");
    return { name, docs, method, params, ...(result && { result }) };
  }

  /** @returns {Type} */
  type() {
    const name = this.name();
    if (!this.accept("<")) return { kind: "name", name };
    const of = [];
    while (!this.accept(">")) {
      of.push(this.type());
      this.accept(",");
    }
    return { kind: name, of };
  }
}
