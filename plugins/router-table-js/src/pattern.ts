// Which categories a row or a rule is for.

/** `any` is every category, `under` the categories whose code starts with the prefix, dot included, `one` a single one. */
export type Pattern = { kind: "any" } | { kind: "under"; prefix: string } | { kind: "one"; code: string };

/** Reads a pattern; the error says what would be right. */
export function parse(text: string): Pattern {
  const pattern = text.trim();
  if (pattern === "" || pattern === "*") return { kind: "any" };
  if (!pattern.includes("*")) return { kind: "one", code: pattern };
  const prefix = pattern.slice(0, -1);
  if (pattern.endsWith(".*") && prefix.length > 1 && !prefix.includes("*")) return { kind: "under", prefix };
  throw new Error(`category «${pattern}» is no pattern: write a code, a block like \`housing.*\`, or \`*\` for all`);
}

/** How exactly it names the category; nothing if it does not fit. */
export function fit(pattern: Pattern, category: string): number | undefined {
  switch (pattern.kind) {
    case "any":
      return 0;
    case "under":
      return category.startsWith(pattern.prefix) ? pattern.prefix.length : undefined;
    case "one":
      return pattern.code === category ? Infinity : undefined;
  }
}

export function print(pattern: Pattern): string {
  switch (pattern.kind) {
    case "any":
      return "*";
    case "under":
      return `${pattern.prefix}*`;
    case "one":
      return pattern.code;
  }
}
