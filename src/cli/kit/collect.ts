/** commander's argument parser for a repeatable option: all values, in the order given. */
export const collect = (value: string, earlier: string[] = []) => [...earlier, value]
