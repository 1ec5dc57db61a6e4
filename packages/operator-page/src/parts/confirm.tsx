import { useEffect, useRef, useState } from 'preact/hooks'

/** The question before a change. */
export interface Question {
  readonly title: string
  readonly words: string
  /** The words on the button that makes the change. */
  readonly verb: string
  /** A value that the operator enters, and its present value. */
  readonly field?: { readonly label: string; readonly value: string }
  run(value: string): Promise<unknown>
}

export type Ask = (question: Question) => void

/** The browser's own dialog: Escape closes it, focus stays in it and goes back to where it was. */
export function Confirm({ question, close }: { readonly question: Question; readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const [value, setValue] = useState(question.field?.value ?? '')
  useEffect(() => dialog.current?.showModal(), [])
  const run = async () => {
    setBusy(true)
    try {
      await question.run(value)
      close()
    } catch (error) {
      setProblem((error as Error).message)
      setBusy(false)
    }
  }
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="question">
      <h2 id="question">{question.title}</h2>
      <p>{question.words}</p>
      {question.field && (
        <label class="field">
          {question.field.label}{' '}
          <input class="id" value={value} onInput={event => setValue(event.currentTarget.value)} />
        </label>
      )}
      <p role="alert" class="bad-text">
        {problem}
      </p>
      <div class="actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={run}>
          {question.verb}
        </button>
      </div>
    </dialog>
  )
}
