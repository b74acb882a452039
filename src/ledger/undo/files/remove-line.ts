import { withoutLine } from '../../../host/parse/lines.ts'
import type { CarryOut } from '../result.ts'

export const removeLine: CarryOut<'remove-line'> = async ({ path, line }, machine) => {
  const now = await machine.stat(path)
  if (now?.kind !== 'file') return undefined
  const text = (await machine.read(path)) ?? ''
  const rest = withoutLine(text, line)
  if (rest !== text) await machine.writeFile(path, rest, now.mode)
  return undefined
}
