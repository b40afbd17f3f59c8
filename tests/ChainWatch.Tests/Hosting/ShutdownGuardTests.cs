using ChainWatch.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Tests;

/// <summary>The exit code belongs to the whole process, so these do not run beside others that set it.</summary>
[Collection(nameof(ChainWatchHostTests))]
public sealed class ShutdownGuardTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TextWriter _before = Console.Error;
    private readonly StringWriter _error = new();
    private readonly LogRecorder _log = new();
    private readonly Lifetime _lifetime = new();
    private readonly ProcessExit _exit;
    private readonly List<int> _ends = [];
    private readonly ManualResetEventSlim _ended = new();

    public ShutdownGuardTests()
    {
        Console.SetError(_error);
        ManualTimeProvider time = new();
        ChainWatchHealth health = new(new ChainRegistry(), StubStore.Create().Store, new ChainWatchOptions(), time);
        using LoggerFactory loggers = new([_log]);
        _exit = new ProcessExit(_lifetime, health, loggers.CreateLogger<ProcessExit>());
    }

    [Fact]
    public void A_host_that_hangs_in_its_stopping_is_ended()
    {
        using ShutdownGuard guard = Create(TimeSpan.FromMilliseconds(1));
        _lifetime.StopApplication();
        _ended.Wait(Patience, TestContext.Current.CancellationToken).ShouldBeTrue();
        _ends.ShouldBe([ChainWatchExitCode.Stopped]);
        _log.Of("ShutdownHangs").ShouldHaveSingleItem();
    }

    [Fact]
    public void A_host_that_hangs_in_its_stopping_is_ended_with_the_code_that_was_asked_for()
    {
        using ShutdownGuard guard = Create(TimeSpan.FromMilliseconds(1));
        _exit.Request(ChainWatchExitCode.InvariantViolated, "a final block was replaced");
        _ended.Wait(Patience, TestContext.Current.CancellationToken).ShouldBeTrue();
        _ends.ShouldBe([ChainWatchExitCode.InvariantViolated]);
    }

    [Fact]
    public async Task What_nobody_caught_stops_the_host_in_order_and_then_ends_the_process()
    {
        ShutdownGuard guard = Create(Patience);
        Task failing = Task.Factory.StartNew(
            () => guard.Unhandled(this, new UnhandledExceptionEventArgs(new InvalidOperationException("it holds a secret"), isTerminating: true)),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        _lifetime.Stopping.Wait(Patience, TestContext.Current.CancellationToken).ShouldBeTrue();
        failing.IsCompleted.ShouldBeFalse("the host has not stopped yet");
        _ends.ShouldBeEmpty();
        guard.Dispose();
        await failing.WaitAsync(Patience, TestContext.Current.CancellationToken);
        _ends.ShouldBe([ChainWatchExitCode.RestartNeeded]);
        _exit.Code.ShouldBe(ChainWatchExitCode.RestartNeeded);
        _log.Of("UnhandledException").ShouldHaveSingleItem();
        _error.ToString().ShouldContain("InvalidOperationException");
        _error.ToString().ShouldNotContain("secret");
    }

    public void Dispose()
    {
        Console.SetError(_before);
        Environment.ExitCode = 0;
        _error.Dispose();
        _log.Dispose();
        _ended.Dispose();
        _lifetime.Dispose();
    }

    private ShutdownGuard Create(TimeSpan timeout) => new(_exit, _lifetime, timeout, End, _log.CreateLogger("test"));

    private void End(int code)
    {
        _ends.Add(code);
        _ended.Set();
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public ManualResetEventSlim Stopping { get; } = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
            _stopping.Cancel();
            Stopping.Set();
        }

        public void Dispose()
        {
            _stopping.Dispose();
            Stopping.Dispose();
        }
    }
}
