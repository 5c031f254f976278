// What the host answers with an error: the engine throws it inside an exception of its own.

/**
 * The error of the contract in what was thrown; nothing if it is something else.
 * @param {unknown} thrown
 * @returns {any}
 */
export function refusal(thrown) {
  if (thrown === null || typeof thrown !== "object") return undefined;
  return "payload" in thrown ? thrown.payload : "tag" in thrown ? thrown : undefined;
}
