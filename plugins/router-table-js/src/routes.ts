// The table of routes. The most specific row wins: first by category (the code, then the longest wildcard, then any), then
// by place (district with its municipality, district, municipality, any).

import { type Place, SettingsError } from "veche-sdk";

import { parse, print } from "./pattern.js";

/** Digits of an OKTMO code that name the municipality; the other three name a settlement. */
const OKTMO_MUNICIPALITY = 8;
const ANY = "*";

/** A row that decides. */
export interface Route {
  /** Row number in the dataset, from 1, without the header. */
  row: number;
  body: string;
  /** What the row is for, as written: category, municipality, district. */
  condition: string;
}

/** All rows by their normalised condition. */
export type Routes = Map<string, Route>;

/** Reads rows of category, municipality, district and body. */
export function read(rows: readonly (readonly [string, string, string, string])[]): Routes {
  const routes: Routes = new Map();
  rows.forEach(([category, municipality, district, body], index) => {
    const row = index + 1;
    const wrong = (what: string) => new SettingsError(`dataset routes, row ${row} after the header: ${what}`);
    let pattern: string;
    try {
      pattern = print(parse(category));
    } catch (error) {
      throw wrong((error as Error).message);
    }
    const place = { municipality: orAny(municipality), district: orAny(district) };
    const name = body.trim();
    if (name === "" || name === ANY) throw wrong("no body: write the code of the body that acts");
    const condition = `${pattern}, ${place.municipality}, ${place.district}`;
    const at = key(pattern, place.municipality, normalized(place.district));
    const other = routes.get(at);
    if (other === undefined) {
      routes.set(at, { row, body: name, condition });
    } else if (other.body !== name) {
      throw wrong(`«${condition}» goes to ${name}, but row ${other.row} sends it to ${other.body}: keep one`);
    }
  });
  return routes;
}

/** The row that decides; nothing if no row fits. */
export function find(routes: Routes, category: string, place: Place): Route | undefined {
  const district = normalized(place.district ?? "");
  const municipality = place.municipality?.trim() ?? "";
  const municipalities = municipality === "" ? [] : [municipality];
  if (municipality.length > OKTMO_MUNICIPALITY) municipalities.push(municipality.slice(0, OKTMO_MUNICIPALITY));

  for (const pattern of patterns(category)) {
    const places: [string, string][] = [];
    if (district !== "") {
      places.push(...municipalities.map((code): [string, string] => [code, district]), [ANY, district]);
    }
    places.push(...municipalities.map((code): [string, string] => [code, ANY]), [ANY, ANY]);
    for (const [municipality, district] of places) {
      const route = routes.get(key(pattern, municipality, district));
      if (route !== undefined) return route;
    }
  }
  return undefined;
}

/** The patterns that fit a category, the most exact first: `a.b`, `a.*`, `*`. */
function* patterns(category: string): Generator<string> {
  yield category;
  for (let dot = category.lastIndexOf("."); dot >= 0; dot = dot === 0 ? -1 : category.lastIndexOf(".", dot - 1)) {
    yield `${category.slice(0, dot + 1)}*`;
  }
  yield ANY;
}

/** The unit separator stands in no code and no name. */
function key(pattern: string, municipality: string, district: string): string {
  return [pattern, municipality, district].join("\u001f");
}

function orAny(cell: string): string {
  return cell.trim() || ANY;
}

/** Names of districts are compared in lower case, with «е» for «ё» and single spaces. */
function normalized(name: string): string {
  return name.trim().split(/\s+/u).join(" ").toLowerCase().replaceAll("ё", "е");
}
