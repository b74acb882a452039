import { InvalidArgumentError, Option } from 'commander'

/** --os-hint, of the commands that can come before an installation. */
export function osHintOption(): Option {
  const text =
    'ID of the operating system as in os-release, instead of what this machine says: flatcar means programs in /opt'
  return new Option('--os-hint <id>', text).argParser((id: string) => {
    if (/^[-a-z0-9._]{1,64}$/.test(id)) return id
    throw new InvalidArgumentError('wanted an ID as in /etc/os-release: flatcar, debian')
  })
}
