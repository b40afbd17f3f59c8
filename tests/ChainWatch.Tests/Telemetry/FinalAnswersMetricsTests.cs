using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>What is kept of final blocks shows in the metrics, from the start.</summary>
public sealed class FinalAnswersMetricsTests
{
    [Fact]
    public async Task Reads_by_outcome_and_bytes_are_told_for_chains_that_keep_answers()
    {
        object scope = new();
        using ChainWatchMetrics metrics = new(scope);
        using MetricRecorder recorder = new("ChainWatch", scope);
        FinalAnswers answers = new(1024, TimeSpan.FromHours(1), TimeProvider.System);
        metrics.Track(Register("keeps", answers));
        metrics.Track(Register("does-not", answers: null));

        recorder.Observe();
        recorder.Last("chainwatch.final.cache.reads", ("chain", "keeps"), ("outcome", "read")).ShouldBe(0, "a counter that appears with its first event hides it");

        for (int round = 0; round < 3; round++)
        {
            (await answers.CallAsync("one", [new JsonRpcCall("a", "[]") { IsFinal = true }], Answer, CancellationToken.None)).Dispose();
        }

        recorder.Observe();
        recorder.Last("chainwatch.final.cache.reads", ("chain", "keeps"), ("outcome", "read")).ShouldBe(1);
        recorder.Last("chainwatch.final.cache.reads", ("chain", "keeps"), ("outcome", "kept")).ShouldBe(2);
        recorder.Last("chainwatch.final.cache.reads", ("chain", "keeps"), ("outcome", "shared")).ShouldBe(0);
        recorder.Last("chainwatch.final.cache.size", ("chain", "keeps")).ShouldBe(answers.Bytes);
        recorder.Last("chainwatch.final.cache.size", ("chain", "does-not")).ShouldBeNull();
    }

    private static ValueTask<JsonRpcReplies> Answer(IReadOnlyList<JsonRpcCall> calls, CancellationToken cancellationToken)
    {
        JsonRpcReplies replies = new(calls.Count);
        replies.Set(0, new JsonRpcReply("\"0x1\""u8.ToArray(), error: null));
        return ValueTask.FromResult(replies);
    }

    private static ChainRegistration Register(string name, FinalAnswers? answers)
    {
        SimulatedChain chain = new(name);
        return new ChainRegistration
        {
            Chain = chain.Chain,
            Status = new ChainStatus(chain.Chain, TimeProvider.System),
            Options = new ChainOptions(),
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(1)),
            CreateSource = static () => throw new NotSupportedException(),
            FinalAnswers = answers,
        };
    }
}
