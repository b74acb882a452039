/** What kubeadm's preflight checks warn about, but for kubelet's unit: that is enabled when it is started. */
export function preflightWarnings(stderr: string): string[] {
  const lines = stderr.split('\n').map((line) => line.trim())
  return lines.filter((line) => line.includes('[WARNING') && !/\[WARNING Service-Kubelet\]/i.test(line))
}
