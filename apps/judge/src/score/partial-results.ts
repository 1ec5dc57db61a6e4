import type { Schedule } from './schedule.ts'
import type { Counts, Score } from './scoring.ts'

/**
 * The result file of the official script, field by field under its own (Portuguese) names, so that tools made for the
 * published results read ours. The preview's file has no timestamp, the final's has one; ours always does.
 */
export function partialResults(
  participant: string,
  schedule: Schedule,
  counts: Counts,
  score: Score,
  finishedAt: string,
) {
  const countedCount = counts.totals.default.count + counts.totals.fallback.count
  const taken = (processor: 'default' | 'fallback') => ({
    total_bruto: score.grossOf[processor],
    num_pagamentos: counts.totals[processor].count,
    total_taxas: score.feesOf[processor],
    descricao: `Pagamentos contados no processor ${processor}.`,
  })
  return {
    timestamp: finishedAt,
    participante: participant,
    total_liquido: score.score,
    total_bruto: score.gross,
    total_taxas: score.fees,
    descricao: 'total_liquido = bruto - taxas + bônus do p99 - multa.',
    p99: {
      valor: `${score.p99Ms}ms`,
      bonus: `${score.bonusPercent}%`,
      max_requests: String(schedule.vusMax),
      descricao: `Bônus = max((${schedule.bonus.p99MsBelow} - p99) * ${schedule.bonus.perMsBps / 10_000}, 0).`,
    },
    multa: {
      porcentagem: score.finePercent / 100,
      total: score.fine,
      composicao: {
        num_inconsistencias: counts.inconsistencyCount,
        descricao: `Qualquer inconsistência custa ${schedule.fineBps / 100}%.`,
      },
    },
    caixa_dois: {
      detectado: score.disqualified,
      descricao:
        'Verdadeiro quando o lag é negativo: mais pagamentos liquidados do que aceitos aqui, desclassificado.',
    },
    lag: {
      num_pagamentos_total: countedCount,
      num_pagamentos_solicitados: counts.acceptedCount,
      lag: score.lagCount,
      descricao: 'Pagamentos aceitos e não contados no fim.',
    },
    pagamentos_solicitados: {
      qtd_sucesso: counts.acceptedCount,
      qtd_falha: counts.failedCount,
      descricao: 'Respostas de POST /payments: 2xx e todas as outras.',
    },
    pagamentos_realizados_default: taken('default'),
    pagamentos_realizados_fallback: taken('fallback'),
  }
}

export type PartialResults = ReturnType<typeof partialResults>
