/**
 * The URL of try number `attempt` (from 0) since the last connection. All are tried in turn; if one has worked before, it has every
 * second turn, so that it is found soon again among many. `urls` is not empty.
 */
export function nextUrl(urls: readonly string[], attempt: number, worked?: string): string {
  const others = urls.filter((url) => url !== worked)
  const isItsTurn = worked !== undefined && urls.includes(worked) && (attempt % 2 === 1 || others.length === 0)
  if (isItsTurn) return worked
  const turn = others.length === urls.length ? attempt : attempt / 2
  return others[turn % others.length] ?? ''
}
