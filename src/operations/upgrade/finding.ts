import type { UpgradeFinding } from '../../protocol/wire/operation.ts'

type Found = Omit<UpgradeFinding, 'level'>

/** The upgrade must not begin. */
export const blocks = (code: string, message: string, fix: string): UpgradeFinding =>
  finding('blocks', { code, message, fix })

/** The upgrade can begin, and people should know. */
export const warns = (code: string, message: string, fix: string): UpgradeFinding =>
  finding('warns', { code, message, fix })

function finding(level: UpgradeFinding['level'], { code, message, fix }: Found): UpgradeFinding {
  return { level, code, message: message.slice(0, 2_000), fix: fix.slice(0, 2_000) }
}
