export const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
