import { maskSecretForms } from '../../base/secret-forms.ts'
import { shorten } from '../../base/text/shorten.ts'
import { storable } from '../store/rows.ts'

/** The same value, in which each text has no secret by its form, and at most so many bytes. */
export function cleaned(value: unknown, maxBytes: number): unknown {
  if (typeof value === 'string') return shorten(maskSecretForms(storable(value)), maxBytes)
  if (Array.isArray(value)) return value.map((each) => cleaned(each, maxBytes))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, cleaned(each, maxBytes)]))
}
