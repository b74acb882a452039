import { InvalidArgumentError } from 'commander'
import { PersonName } from '../../../../protocol/names.ts'

export function personOf(text: string): string {
  if (PersonName.safeParse(text).success) return text
  throw new InvalidArgumentError('It must be letters, digits and . _ @ + -, at most 100.')
}
