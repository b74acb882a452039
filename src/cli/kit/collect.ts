/** For commander: an option that may be given again; its values in the order given. */
export const collect = (value: string, earlier: string[] = []) => [...earlier, value]
