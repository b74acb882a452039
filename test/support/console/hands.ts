import { readFile } from 'node:fs/promises'
import type { Download, Locator, Page } from 'playwright-core'
import { waitFor } from '../wait-for.ts'

/** How a person does what an element is for: with the mouse, or with nothing but the keyboard. */
export interface Hands {
  press(target: Locator): Promise<void>
  /** Replaces the text of a field. */
  write(target: Locator, text: string): Promise<void>
}

export const mouse: Hands = {
  press: (target) => target.click(),
  write: (target, text) => target.fill(text),
}

const MOST_KEYS = 200

export function keyboard(page: Page): Hands {
  const reach = async (target: Locator) => {
    await target.waitFor({ state: 'attached' })
    for (let count = 0; count < MOST_KEYS; count++) {
      if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`the keyboard does not reach ${target}`)
  }
  return {
    async press(target) {
      await reach(target)
      const isChoice = await target.evaluate((element) => element.matches('input'))
      await page.keyboard.press(isChoice ? 'Space' : 'Enter')
    },
    async write(target, text) {
      await reach(target)
      await page.keyboard.press('Control+A')
      await page.keyboard.type(text)
    },
  }
}

/** What a person does with clusters on the pages of the console. */
export class ClusterHands {
  readonly page: Page
  readonly hands: Hands

  constructor(page: Page, hands: Hands = mouse) {
    this.page = page
    this.hands = hands
  }

  async signIn(link: string): Promise<void> {
    await this.page.goto(link)
    await this.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  press(name: string): Promise<void> {
    return this.hands.press(this.button(name))
  }

  heading(name: string | RegExp): Promise<void> {
    return this.page.getByRole('heading', { name }).first().waitFor()
  }

  /** A page of the navigation. */
  async open(name: string): Promise<void> {
    await this.hands.press(
      this.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }),
    )
  }

  /** A tab of the page of a cluster. */
  async tab(cluster: string, name: string): Promise<void> {
    const tabs = this.page.getByRole('navigation', { name: `Of cluster ${cluster}` })
    await this.hands.press(tabs.getByRole('link', { name, exact: true }))
  }

  /** Goes through all steps. `texts`: of fields, by their labels, in the step with this title. */
  async create(name: string, texts: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): Promise<void> {
    await this.open('Clusters')
    await this.press('Create cluster')
    await this.hands.write(this.page.getByRole('textbox', { name: 'Name' }), name)
    for (const step of ['Version', 'Shape', 'Network', 'Other settings', 'Review']) {
      await this.press('Next')
      await this.page.locator('[aria-current="step"]', { hasText: step }).waitFor()
      for (const [label, text] of Object.entries(texts[step] ?? {}))
        await this.hands.write(this.page.getByRole('textbox', { name: label, exact: true }), text)
    }
    await this.press('Create cluster')
    await this.heading(`Cluster ${name} is created`)
  }

  /** The text of a file that the page gives. */
  async download(name: string): Promise<string> {
    const given: Promise<Download> = this.page.waitForEvent('download')
    await this.press(`Download ${name}`)
    return readFile(await (await given).path(), 'utf8')
  }

  /** NAME.pem and its passphrase. */
  async credentials(name: string): Promise<{ pem: string; passphrase: string }> {
    const pem = await this.download(`${name}.pem`)
    const passphrase = await this.download(`${name}-passphrase.txt`)
    await this.page.getByText('Both files are downloaded').waitFor()
    return { pem, passphrase: passphrase.trim() }
  }

  row(node: string): Locator {
    return this.page
      .getByRole('grid', { name: 'Nodes' })
      .getByRole('row')
      .filter({ has: this.page.getByText(node, { exact: true }) })
  }

  /** A node in the table is in this state. */
  async node(node: string, state: string, withinMs = 30_000): Promise<void> {
    await this.row(node).getByText(state, { exact: true }).waitFor({ timeout: withinMs })
  }

  /** Waits in the dialog of the configuration until the machine has reported its interfaces. */
  async interfaces(dialog: Locator): Promise<Locator> {
    const field = dialog.getByRole('combobox', { name: 'Interface for cluster traffic' })
    const again = dialog.getByRole('button', { name: 'Look again' })
    await waitFor('the interfaces', async () => {
      if (await field.isVisible()) return true
      if (await again.isEnabled({ timeout: 1_000 }).catch(() => false)) await this.hands.press(again)
      return false
    })
    return field
  }

  async begin(node: string, action: 'Approve' | 'Configure' | 'Remove'): Promise<Locator> {
    const box = this.row(node).getByRole('checkbox')
    if (!(await box.isChecked())) await this.hands.press(box)
    await this.press(`${action} 1`)
    return this.page.getByRole('dialog')
  }

  /** Returns the fingerprint that was shown. */
  async approve(node: string): Promise<string> {
    const dialog = await this.begin(node, 'Approve')
    const fingerprint = await dialog.getByText(/^SHA256:/).textContent()
    await this.hands.press(dialog.getByRole('button', { name: 'Approve', exact: true }))
    await dialog.waitFor({ state: 'detached' })
    return fingerprint ?? ''
  }

  async configure(node: string, role: string, choose?: (dialog: Locator) => Promise<void>): Promise<void> {
    const dialog = await this.begin(node, 'Configure')
    await this.select(dialog.getByRole('combobox', { name: 'Role' }), role)
    await choose?.(dialog)
    await this.hands.press(dialog.getByRole('button', { name: 'Configure', exact: true }))
    await dialog.waitFor({ state: 'detached' })
  }

  async select(field: Locator, title: string): Promise<void> {
    if (this.hands === mouse) {
      await field.selectOption({ label: title })
      return
    }
    // Typing chooses the first entry that begins so.
    await this.hands.write(field, title)
  }

  async provision(): Promise<void> {
    await this.press('Provision')
    const dialog = this.page.getByRole('dialog')
    await dialog.getByRole('grid', { name: 'What is done on each node' }).waitFor()
    await this.hands.press(dialog.getByRole('button', { name: 'Provision', exact: true }))
    await dialog.waitFor({ state: 'detached' })
  }

  /** The state beside the name of the cluster. */
  async state(state: string, withinMs = 30_000): Promise<void> {
    const heading = this.page.getByRole('heading', { level: 1 })
    const shown = async () => (await heading.textContent())?.endsWith(state)
    await waitFor(`the state ${state}`, shown, { withinMs, details: () => this.page.url() })
  }

  /** Confirms a dialog that asks for the name. */
  async confirm(title: string, name: string): Promise<void> {
    await this.press(title)
    const dialog = this.page.getByRole('dialog')
    await this.hands.write(dialog.getByRole('textbox', { name: `Type ${name} to confirm` }), name)
    await this.hands.press(dialog.getByRole('button', { name: title, exact: true }))
    await dialog.waitFor({ state: 'detached' })
  }
}
