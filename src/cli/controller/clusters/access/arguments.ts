import { InvalidArgumentError } from 'commander'
import { ClusterRole, PersonName } from '../../../../protocol/names.ts'

export function personOf(text: string): string {
  if (PersonName.safeParse(text).success) return text
  throw new InvalidArgumentError('It must be letters, digits and . _ @ + -, at most 100.')
}

export function roleOf(text: string): ClusterRole {
  const role = ClusterRole.options.find((each) => each === text)
  if (role) return role
  throw new InvalidArgumentError(`It must be one of ${ClusterRole.options.join(', ')}.`)
}
