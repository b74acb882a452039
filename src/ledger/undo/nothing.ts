import type { CarryOut } from './result.ts'

export const nothing: CarryOut<'nothing'> = async () => undefined
