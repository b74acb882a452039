import type * as z from 'zod/mini'
import { shorten } from '../../../base/text/shorten.ts'
import { Declaration } from '../../../protocol/declaration/declaration.ts'
import type { Path, Source } from './documents.ts'
import { fieldsAt, wantedAt } from './fields.ts'
import { nearest } from './nearest.ts'
import { fieldText, type Problem } from './problem.ts'

/** The declaration in a document, or what is wrong with it. */
export function checkDocument(source: Source): { declaration: Declaration } | { problems: Problem[] } {
  const parsed = Declaration.safeParse(source.value)
  if (parsed.success) return { declaration: parsed.data }
  return { problems: parsed.error.issues.flatMap((issue) => problemsOf(source, issue)) }
}

type Issue = z.core.$ZodIssue

function problemsOf(source: Source, issue: Issue): Problem[] {
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(source, path, key))
  if (issue.code === 'invalid_union') {
    // Of a value or a list of values: the one that the file has.
    const branch = issue.errors.find(([first]) => first && !(first.code === 'invalid_type' && first.path.length === 0))
    const deeper = branch?.[0]?.path ?? []
    return [wrongValue(source, [...path, ...deeper] as Path)]
  }
  return [wrongValue(source, path)]
}

function unknownField(source: Source, path: Path, key: string): Problem {
  const known = Object.keys(fieldsAt(path) ?? {})
  const meant = nearest(key, known)
  return {
    place: source.placeOf([...path, key], 'key'),
    field: fieldText([...path, key]),
    found: `unknown field${meant ? `; did you mean ${meant}?` : ''}`,
    fix: meant ? `write ${meant}` : `use one of: ${known.join(', ')}`,
  }
}

function wrongValue(source: Source, path: Path): Problem {
  const value = valueAt(source.value, path)
  const wanted = wantedAt(path) ?? 'a document with apiVersion, kind, metadata and spec'
  return {
    place: source.placeOf(path),
    field: fieldText(path),
    found: `${value === undefined ? 'it is missing' : `found ${shown(value)}`}; wanted ${wanted}`,
    fix: fixFor(value, wanted),
  }
}

function shown(value: unknown): string {
  const text = shorten(JSON.stringify(value) ?? 'nothing', 80)
  return typeof value === 'number' ? `the number ${text}` : text
}

function fixFor(value: unknown, wanted: string): string {
  if (wanted === 'true or false') return 'write true or false: YAML 1.2 takes yes, no, on and off for texts'
  if (typeof value === 'number' || typeof value === 'boolean') return 'if it is a text, put it in quotes'
  return 'see: controller schema cluster'
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (from, name) => (from as Record<string | number, unknown> | null | undefined)?.[name],
    value,
  )
}
