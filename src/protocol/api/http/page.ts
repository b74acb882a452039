import * as z from 'zod/mini'

/** Items that a page has at most, and by default. A page also ends at 1 MiB. */
export const MAX_PAGE = 500

/** A part of a list. `next`: the `after` of the next part; null at the end. */
export const pageOf = <Item extends z.ZodMiniObject>(item: Item) =>
  z.object({ items: z.array(item), next: z.nullable(z.string()) })

/** Parameters of a list. `sort`: a field by which it can be sorted, with `-` for the highest first. `fields`: of each item, separated by commas. */
export const pageQuery = <const Key extends string, Item extends z.ZodMiniObject>(keys: readonly Key[], item: Item) => {
  const name = `(${Object.keys(item.shape).join('|')})`
  const descending = keys.map((key) => `-${key}` as const)
  return {
    limit: z.optional(z.coerce.number<number>().check(z.int(), z.minimum(1), z.maximum(MAX_PAGE))),
    after: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,1000}$/))),
    sort: z.optional(z.enum([...keys, ...descending])),
    fields: z.optional(z.string().check(z.regex(new RegExp(`^${name}(,${name}){0,50}$`)))),
  }
}
