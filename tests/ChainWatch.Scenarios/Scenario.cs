using System.Globalization;
using System.Numerics;
using System.Text;
using ChainWatch.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Simulation;

/// <summary>
/// One random history, decided by a seed: a chain that does what chains do, endpoints that fail, an application that registers, removes and fails, processes that die,
/// freeze and come back, and the real engine in the middle of it. After every commit the oracle compares; at quiet points everything must be equal.
/// </summary>
internal sealed class Scenario
{
    private static readonly TimeSpan QuietLimit = TimeSpan.FromHours(2);

    private readonly long _seed;
    private readonly ScenarioKind _kind;
    private readonly SeededRandom _random;
    private readonly ManualTimeProvider _time = new();
    private readonly DeterministicScheduler _scheduler;
    private readonly SimulatedChain _chain;
    private readonly SimulatedReaderOptions _endpoints;
    private readonly SimulatedBlockReader _reader;
    private readonly ScenarioSettings _settings;
    private readonly InMemoryWatchStore _inner = new(int.MaxValue);
    private readonly Verdict _verdict = new();
    private readonly ScenarioKnobs _knobs;
    private readonly Oracle _oracle;
    private readonly ScenarioElection _election;
    private readonly ScenarioHandler _handler;
    private readonly List<ScenarioEngine> _engines = [];
    private readonly List<ScenarioEngine> _ended = [];
    private readonly List<SimulatedTransaction> _transactions = [];
    private readonly List<MinedBlock> _heads = [];
    private readonly string[] _addresses;
    private readonly bool _trace;
    private readonly StringBuilder _log = new();
    private readonly LogRecorder? _engineLog;
    private readonly bool _neverChanges;
    private readonly ScenarioFamily? _family;
    private readonly ScenarioWire? _wire;
    private long _killAtStep = long.MaxValue;
    private long _highest;
    private int _engineCount;
    private int _registering;
    private int _step;

    public Scenario(long seed, ScenarioKind kind, bool trace = false, ScenarioFamily? family = null)
    {
        _seed = seed;
        _kind = kind;
        _trace = trace;
        _neverChanges = kind == ScenarioKind.FaultsOnly;
        _family = family;
        _random = new SeededRandom(unchecked((seed * 31) + (int)kind));
        _knobs = new ScenarioKnobs { Pruning = new SeededRandom(seed + 4) };
        _scheduler = new DeterministicScheduler(_time, seed) { MaxSteps = family is null ? 300_000 : 3_000_000, BeforeStep = BeforeStep };
        _chain = new SimulatedChain("sim", seed, _time, TimeSpan.FromSeconds(2), hasOutputs: family?.HasOutputs ?? seed % 2 == 0);
        _addresses = [.. Enumerable.Range(0, 8).Select(static number => SimulatedFormat.Address($"address {number}"))];
        bool hasMarks = _random.Chance(0.6);
        hasMarks = family is null ? hasMarks : family.HasMarks ?? hasMarks;
        int finalityDepth = _random.Pick([16, 24, 80]);
        _endpoints = new SimulatedReaderOptions
        {
            Seed = seed + 1,
            HasMarks = hasMarks,
            Announces = _random.Chance(0.5),
            FetchesOnlyForWatched = _random.Chance(0.4),
            Endpoints = [.. Enumerable.Range(0, 1 + _random.Next(3)).Select(number => new SimulatedEndpoint($"node-{number}", number == 0 ? 0 : _random.Next(4)))],
            MaxRange = _random.Pick([3, 10, 1000]),
            FaultsEnabled = false,
            HugeBlockSize = 5_000,
        };
        _reader = new SimulatedBlockReader(_chain, _endpoints, _time);
        _settings = new ScenarioSettings
        {
            Source = new PolledSourceOptions
            {
                PollInterval = TimeSpan.FromMilliseconds(_random.Pick([250, 1000])),
                FinalityDepth = finalityDepth,
                TrustMarks = hasMarks,
                BatchSize = _random.Pick([1, 3, 10, 100]),
                Parallelism = _random.Pick([1, 2, 4]),
                PrefetchBytes = _random.Pick([3_000, 64 * 1024 * 1024]),
                Seed = (int)seed,
            },
            Follower = new FollowerOptions
            {
                MaxBlocks = _random.Pick([20, 100, 1000]),
                MaxBytes = _random.Pick([family?.SmallBatch ?? 100_000, 64 * 1024 * 1024]),
                WatchPage = _random.Pick([1, 3, 1000]),
            },
            Delivery = new DeliveryOptions
            {
                Parallelism = _random.Pick([1, 3, 8]),
                MaxAttempts = _random.Pick([2, 10]),
                HandlerTimeout = TimeSpan.FromSeconds(10),
                MaxRetry = TimeSpan.FromSeconds(30),
                DrainTimeout = TimeSpan.FromSeconds(5),
                Seed = (int)seed | 1,
            },
            Policy = NewPolicy(),
            StartHeight = _random.Pick<long?>([null, 0, 0, 3]),
        };
        _oracle = new Oracle(_chain, _settings.Policy, _verdict);
        _engineLog = trace ? new LogRecorder(LogLevel.Debug, 1_000_000) : null;
        _wire = family?.Create(new WireSettings(_chain, _endpoints, _time, seed, Logs, what => _knobs.Count(what)));
        _knobs.Trace = trace ? what => Say($"    {what}") : null;
        SeededRandom storeRandom = new(seed + 2);
        _knobs.StoreYields = _random.Pick([0.0, 0.3, 1.0]);
        OpenStore = () => new ScenarioStore(_inner, _oracle, _verdict, storeRandom, _knobs);
        _election = new ScenarioElection(_inner);
        _handler = new ScenarioHandler(new SeededRandom(seed + 3), _knobs, _verdict, _time);
    }

    public IReadOnlyDictionary<string, long> Counts => _knobs.Counts;

    /// <summary>The names of all operations of a scenario in which everything may happen.</summary>
    public static IReadOnlyList<string> OperationNames { get; } = [.. new Scenario(0, ScenarioKind.Everything).Operations.Select(static operation => operation.Name)];

    private Func<ScenarioStore> OpenStore { get; }

    private ILoggerFactory Logs => _engineLog is null ? NullLoggerFactory.Instance : _engineLog;

    /// <summary>
    /// The lowest height that a new branch may begin after without touching what is final, or may count as final by depth at any endpoint. Blocks 64 below a follower count
    /// as final too while the chain's own final mark is above it, so no branch begins deeper than that.
    /// </summary>
    private long LowestFork => Math.Max(_chain.Finalized?.Height ?? 0, Math.Max(0, _highest - Math.Min(_settings.Source.FinalityDepth, 64) + 9));

    public void Run()
    {
        try
        {
            Begin();
            int steps = _neverChanges ? _random.Between(8, 20) : _random.Between(30, 80);
            for (_step = 0; _step < steps; _step++)
            {
                RandomStep();
                _verdict.ThrowIfAny();
                CheckEngines();
            }

            Quiet();
            if (_kind == ScenarioKind.Everything && _random.Chance(0.08))
            {
                ViolateFinality();
            }
        }
        catch (Exception exception) when (exception is not ScenarioFailedException)
        {
            throw new ScenarioFailedException($"{exception}");
        }
        finally
        {
            foreach (SimulatedFault fault in Enum.GetValues<SimulatedFault>())
            {
                _knobs.Count($"fault {fault}", _reader.Fired(fault));
            }

            foreach ((PaymentEventKind kind, long count) in _oracle.Told)
            {
                _knobs.Count($"told {kind}", count);
            }

            _knobs.Count("continuations", _scheduler.Steps);
            foreach (ScenarioEngine engine in _engines.Concat(_ended))
            {
                engine.Dispose();
            }
        }
    }

    /// <summary>For scenarios whose canonical chain never changes.</summary>
    public void CheckNothingWasTakenBack()
    {
        _verdict.Check(_oracle.Reorgs == 0, () => $"{_oracle.Reorgs} rollbacks were committed, though the chain never changed");
        _verdict.Check(_oracle.Events.All(static one => one.Kind is PaymentEventKind.Detected or PaymentEventKind.Confirmed), static () => "a payment was moved or retracted, though the chain never changed");
        _verdict.ThrowIfAny();
    }

    /// <summary>What happened, for people.</summary>
    public string ReadLog()
    {
        StringBuilder all = new(_log.ToString());
        all.AppendLine("--- state");
        all.AppendLine(CultureInfo.InvariantCulture, $"head {_chain.Head}, final {_chain.Finalized}, engine at {Oracle.Say(_oracle.Cursor)} {_oracle.Marks}");
        foreach (ExpectedPayment payment in _oracle.Payments.Values)
        {
            all.AppendLine(CultureInfo.InvariantCulture, $"  {payment}");
        }

        return all.ToString();
    }

    private void Begin()
    {
        _chain.MineEmpty(_random.Pick([0, 5, 30, 90]));
        if (_family is { IsFinalAtOnce: true })
        {
            _chain.MarkFinalized(_chain.Head.Height);
        }

        _highest = _chain.Head.Height;
        foreach (string address in _addresses.Take(_random.Between(0, 5)))
        {
            RegistrationWithoutEngine(address);
        }

        Say($"begins at {_chain.Head.Height}: {_settings.Source.FinalityDepth} deep or {(_endpoints.HasMarks ? "by marks" : "no marks")}, start {_settings.StartHeight?.ToString(CultureInfo.InvariantCulture) ?? "latest"}, {_settings.Policy.Otherwise}, " +
            $"batch {_settings.Source.BatchSize} x {_settings.Source.Parallelism}, commits of {_settings.Follower.MaxBlocks}, {_endpoints.Endpoints.Count} endpoints");
        StartEngine();
    }

    private void RandomStep()
    {
        (int Weight, Action Do, string Name)[] operations = _neverChanges ? FaultOperations : Operations;
        int at = _random.Next(operations.Sum(static operation => operation.Weight));
        foreach ((int weight, Action act, string name) in operations)
        {
            at -= weight;
            if (at < 0)
            {
                _knobs.Count($"operation {name}");
                Say(name);
                act();
                break;
            }
        }

        // Some operations happen in the middle of what the last ones set off, some after it.
        switch (_random.Next(4))
        {
            case 0:
                _scheduler.RunSteps(_random.Next(40));
                break;
            case 1:
                _scheduler.Advance(TimeSpan.FromMilliseconds(_random.Next(3000)));
                break;
            case 2:
                _scheduler.RunUntilIdle();
                break;
            default:
                break;
        }

        RestartIfNoneIsLeft();
        foreach (SimulatedEndpoint endpoint in _endpoints.Endpoints)
        {
            // A node that is stuck below what counts as final by depth would be a finality violation, not a fault.
            if (endpoint.StuckOn is { } stuck && !CanSwitchTo(stuck))
            {
                endpoint.StuckOn = null;
            }
        }
    }

    private (int Weight, Action Do, string Name)[] FaultOperations =>
    [
        (10, () => Mine(NewTransactions()), "mine"),
        (3, MineMany, "mine many"),
        (4, MarkFinal, "finalize"),
        (3, MarkSafe, "safe"),
        (6, FaultsByOmission, "faults on"),
        (3, AddAddress, "register"),
        (2, AddAddressSince, "register since"),
        (2, LagEndpoints, "endpoints lag"),
        (2, EndpointDown, "endpoint down"),
        (2, AttachOrphan, "orphan"),
        (2, Kill, "kill"),
        (8, () => _scheduler.Advance(TimeSpan.FromSeconds(_random.Next(30))), "wait"),
    ];

    private (int Weight, Action Do, string Name)[] Operations =>
    [
        (14, () => Mine(NewTransactions()), "mine"),
        (3, MineMany, "mine many"),
        (7, RandomReorg, "reorg"),
        (5, () => { if (Depth() is { } depth) { Changed(_chain.ReorgSame(depth, _random.Next(3))); } }, "reorg moves all"),
        (3, () => { if (Depth() is { } depth) { Changed(_chain.ReorgEmpty(depth, depth + _random.Next(3))); } }, "empty reorg"),
        (3, SameHeightSwap, "same height swap"),
        (4, Bounce, "bounce"),
        (3, RollBackChain, "roll back"),
        (2, ShorterBranch, "shorter branch"),
        (3, ContentChanges, "content changes"),
        (2, Replace, "replaced"),
        (2, PaidTwice, "paid twice"),
        (2, MineDropped, "dropped is mined"),
        (2, AttachOrphan, "orphan"),
        (3, MarkFinal, "finalize"),
        (2, MarkSafe, "safe"),
        (4, AddAddress, "register"),
        (4, AddAddressSince, "register since"),
        (2, AddMany, "register many"),
        (3, RemoveAddress, "remove"),
        (5, AllFaults, "faults on"),
        (2, FaultsOff, "faults off"),
        (2, LagEndpoints, "endpoints lag"),
        (1, EndpointDown, "endpoint down"),
        (1, StickEndpoint, "endpoint stuck"),
        (2, HandlerFaults, "handler fails"),
        (1, PoisonPayment, "poison"),
        (2, StoreFaults, "store fails"),
        (5, KillSoon, "kill at an await"),
        (2, Kill, "kill"),
        (3, StopAndStart, "stop and start"),
        (2, Offline, "offline reorg"),
        (2, Standby, "standby"),
        (2, Freeze, "freeze the leader"),
        (2, () => _election.Depose(tell: _random.Chance(0.5)), "depose"),
        (8, () => _scheduler.Advance(TimeSpan.FromSeconds(_random.Next(30))), "wait"),
        (2, Quiet, "quiet"),
    ];

    private void RandomReorg()
    {
        if (Depth() is not { } depth)
        {
            return;
        }

        List<SimulatedTransaction> old = [.. Enumerable.Range(0, depth).SelectMany(back => _chain.At(_chain.Head.Height - back)!.Transactions)];
        _random.Shuffle(old);
        int length = Math.Max(1, depth + _random.Between(-2, 3));
        List<List<SimulatedTransaction>> branch = [.. Enumerable.Range(0, length).Select(_ => NewTransactions())];
        foreach (SimulatedTransaction transaction in old.Where(_ => _random.Chance(0.6)))
        {
            _random.Pick(branch).Add(transaction);
        }

        Changed(_chain.Reorg(depth, [.. branch]));
    }

    private void SameHeightSwap()
    {
        if (Depth(1) is not null)
        {
            bool same = _random.Chance(0.5);
            Changed(_chain.Reorg(1, same ? _chain.Head.Transactions : NewTransactions()));
        }
    }

    private void Bounce()
    {
        MinedBlock[] candidates = [.. _heads.Where(head => head != _chain.Head && CanSwitchTo(head))];
        if (candidates.Length > 0)
        {
            MinedBlock back = _chain.Head;
            _chain.SwitchTo(_random.Pick(candidates));
            Changed(_chain.Head);
            if (_random.Chance(0.4) && CanSwitchTo(back))
            {
                _scheduler.RunSteps(_random.Next(60));
                _chain.SwitchTo(back);
                Changed(_chain.Head);
            }
        }
    }

    private void RollBackChain()
    {
        if (Depth() is { } depth)
        {
            Changed(_chain.RollBack(depth));
            if (_random.Chance(0.5))
            {
                _scheduler.Advance(TimeSpan.FromMilliseconds(_random.Next(5000)));
                Mine(NewTransactions());
            }
        }
    }

    private void ShorterBranch()
    {
        if (Depth() is { } depth and > 1)
        {
            Changed(_chain.Reorg(depth, [.. Enumerable.Range(0, _random.Between(1, depth - 1)).Select(_ => NewTransactions())]));
        }
    }

    private void ContentChanges()
    {
        if (Depth() is not { } depth)
        {
            return;
        }

        List<IReadOnlyList<SimulatedTransaction>> branch = [];
        for (long height = _chain.Head.Height - depth + 1; height <= _chain.Head.Height; height++)
        {
            branch.Add([.. _chain.At(height)!.Transactions.Select(transaction => _random.Chance(0.6) ? transaction.With(NewTransfers()) : transaction)]);
        }

        branch.Add([]);
        Changed(_chain.Reorg(depth, branch));
    }

    private void Replace()
    {
        // The sender outbids its own transaction: another id pays the same, and the first is never mined again.
        if (Depth(2) is { } depth)
        {
            List<IReadOnlyList<SimulatedTransaction>> branch = [];
            for (long height = _chain.Head.Height - depth + 1; height <= _chain.Head.Height; height++)
            {
                branch.Add([.. _chain.At(height)!.Transactions.Select(transaction => Remember(_chain.Pay(transaction.Transfers)))]);
            }

            branch.Add([]);
            Changed(_chain.Reorg(depth, branch));
        }
    }

    private void PaidTwice()
    {
        SimulatedTransfer transfer = _chain.Transfer(Key(_random.Pick(_addresses)), 7);
        Mine([Remember(_chain.Pay(Shape([transfer, transfer]))), Remember(_chain.Pay(transfer))]);
    }

    private void MineDropped()
    {
        SimulatedTransaction[] dropped = [.. _transactions.Where(transaction => !_chain.Head.BranchHolds(transaction.Id))];
        if (dropped.Length > 0)
        {
            Mine([_random.Pick(dropped)]);
        }
    }

    private void AttachOrphan()
    {
        MinedBlock parent = _chain.At(Math.Max(LowestFork, _chain.Head.Height - _random.Next(3)))!;
        for (int added = 0; added < 1 + _random.Next(2); added++)
        {
            parent = _chain.Attach(parent, NewTransactions());
        }
    }

    private void Mine(IReadOnlyList<SimulatedTransaction> transactions)
    {
        Changed(_chain.Mine(transactions), quiet: true);
        Say($"  block {_chain.Head} {string.Join(", ", Oracle.TransfersOf(_chain.Head).Select(static one => $"{one.Id.TransactionId.ToString()[..6]}/{one.Id.Ordinal}"))}");
    }

    private void MineMany()
    {
        int count = _random.Between(2, 25);
        for (int mined = 0; mined < count; mined++)
        {
            Mine(_random.Chance(0.3) ? NewTransactions() : []);
        }
    }

    private void MarkFinal()
    {
        // Usually as far behind as real chains are, sometimes right at the head.
        long height = _chain.Head.Height - (_random.Chance(0.2) ? 0 : _random.Between(4, 12));
        if (height > (_chain.Finalized?.Height ?? -1))
        {
            _chain.MarkFinalized(height);
            Say($"  final {height}");
        }
    }

    private void MarkSafe()
    {
        long height = _chain.Head.Height - _random.Next(6);
        if (height > (_chain.Safe?.Height ?? -1))
        {
            _chain.MarkSafe(height);
        }
    }

    private void RegistrationWithoutEngine(string address) => Register(OpenStore(), watchlist => watchlist.AddAsync("sim", address, Reference(address), CancellationToken.None));

    private void AddAddress()
    {
        string address = _random.Pick(_addresses);
        Register(watchlist => watchlist.AddAsync("sim", address, Reference(address), CancellationToken.None));
    }

    private void AddAddressSince()
    {
        string address = _random.Pick(_addresses);
        long since = _random.Next((int)_chain.Head.Height + 3);
        Say($"  {address[..8]} since {since}");
        Register(watchlist => watchlist.AddAsync("sim", address, Reference(address), since, CancellationToken.None));
    }

    private void AddMany()
    {
        WatchRequest[] requests =
        [
            .. _addresses.Where(_ => _random.Chance(0.5)).Select(address => new WatchRequest { Address = address, Reference = Reference(address), Since = _random.Chance(0.4) ? _random.Next((int)_chain.Head.Height + 1) : null }),
        ];
        Register(watchlist => watchlist.AddAsync("sim", requests, CancellationToken.None));
    }

    private void RemoveAddress()
    {
        string address = _random.Pick(_addresses);
        Say($"  {address[..8]}");
        Register(watchlist => watchlist.RemoveAsync("sim", address, CancellationToken.None));
    }

    /// <summary>The host calls the watchlist on one of the instances, and does not wait for it before it does the next thing.</summary>
    private void Register(Func<IWatchlist, Task> call)
    {
        if (_engines.Count == 0)
        {
            Register(OpenStore(), call);
            return;
        }

        ScenarioEngine engine = _random.Pick(_engines);
        _registering++;
        engine.Register(async watchlist =>
        {
            await call(watchlist);
            _registering--;
        });
    }

    private void Register(ScenarioStore store, Func<IWatchlist, Task> call)
    {
        Watchlist watchlist = new(store, [_chain.Chain], new EngineSignals(), _time);
        _scheduler.Start(() => call(watchlist));
        _scheduler.RunUntilIdle();
    }

    private void AllFaults()
    {
        _endpoints.FaultsEnabled = true;
        _endpoints.SetAll(0);
        foreach (SimulatedFault fault in Enum.GetValues<SimulatedFault>())
        {
            if (_random.Chance(0.35))
            {
                _endpoints[fault] = _random.Pick([0.03, 0.15, 0.5]);
            }
        }
    }

    private void FaultsByOmission()
    {
        AllFaults();
        _endpoints[SimulatedFault.StaleBranch] = 0;
    }

    private void FaultsOff() => _endpoints.FaultsEnabled = false;

    private void LagEndpoints()
    {
        foreach (SimulatedEndpoint endpoint in _endpoints.Endpoints)
        {
            endpoint.Lag = _random.Next(5);
        }
    }

    private void EndpointDown() => _random.Pick(_endpoints.Endpoints).IsDown = true;

    private void StickEndpoint()
    {
        MinedBlock[] heads = [.. _heads.Where(CanSwitchTo)];
        if (_endpoints.Endpoints.Count > 1 && heads.Length > 0)
        {
            _endpoints.Endpoints[1].StuckOn = _random.Pick(heads);
        }
    }

    private void HandlerFaults()
    {
        _knobs.HandlerFailures = _random.Pick([0, 0.2, 0.7]);
        _knobs.HandlerHangs = _random.Pick([0, 0.05, 0.2]);
        _knobs.HandlerWaits = _random.Pick([0, 0.3]);
    }

    private void PoisonPayment()
    {
        if (_oracle.Payments.Count > 0)
        {
            _knobs.Poison = _random.Pick([.. _oracle.Payments.Keys]);
        }
    }

    private void StoreFaults() => _knobs.StoreFailures = _random.Pick([0, 0.02, 0.1]);

    private void KillSoon() => _killAtStep = _scheduler.Steps + _random.Next(120);

    private void BeforeStep(long steps)
    {
        if (steps >= _killAtStep)
        {
            _killAtStep = long.MaxValue;
            Kill();
            if (_random.Chance(0.7))
            {
                StartEngine();
            }
        }
    }

    private void Kill()
    {
        if (_engines.Count > 0)
        {
            ScenarioEngine engine = _random.Pick(_engines);
            Say($"  {engine.Name} is killed at continuation {_scheduler.Steps}");
            End(engine);
            engine.Kill();
        }
    }

    private void StopAndStart()
    {
        if (_engines.Count > 0)
        {
            ScenarioEngine engine = _random.Pick(_engines);
            Say($"  {engine.Name} is stopped");
            End(engine);
            engine.Process.Resume();
            engine.Stop();
            if (_random.Chance(0.5))
            {
                _scheduler.Advance(TimeSpan.FromSeconds(30));
                _verdict.Check(engine.HasEnded, () => $"{engine.Name} did not stop within 30 s");
            }

            StartEngine();
        }
    }

    private void Offline()
    {
        foreach (ScenarioEngine engine in _engines.ToArray())
        {
            End(engine);
            if (_random.Chance(0.5))
            {
                engine.Kill();
            }
            else
            {
                engine.Process.Resume();
                engine.Stop();
                _scheduler.Advance(TimeSpan.FromSeconds(30));
            }
        }

        RandomReorg();
        MineMany();
        RandomReorg();
        _scheduler.Advance(TimeSpan.FromMinutes(5));
        StartEngine();
    }

    private void Standby()
    {
        if (_engines.Count < 3)
        {
            StartEngine();
        }
    }

    /// <summary>The leader stands still, another takes over, and then the first goes on, in the belief that it leads.</summary>
    private void Freeze()
    {
        if (_engines.Count == 0)
        {
            return;
        }

        ScenarioEngine frozen = _random.Pick(_engines);
        frozen.Process.Pause();
        StartEngine();
        _election.Depose(tell: false);
        _scheduler.Advance(TimeSpan.FromMilliseconds(_random.Next(4000)));
        if (_random.Chance(0.7))
        {
            frozen.Process.Resume();
        }
    }

    private void StartEngine()
    {
        ScenarioEngine engine = new($"instance-{++_engineCount}", _scheduler, _chain, _endpoints, Connect(), _settings, _election, OpenStore, _handler, _verdict, _knobs, Logs);
        _engines.Add(engine);
        Say($"  {engine.Name} starts");
    }

    /// <summary>A process has a reader of its own: what one was in the middle of when it was killed must not hold up the next.</summary>
    private Func<ChainStatus, IChainSource> Connect() => _wire?.Connect(_settings.Source) ?? (status => new PolledChainSource(_chain.Chain, _reader, _settings.Source, status, _time));

    private void End(ScenarioEngine engine)
    {
        _engines.Remove(engine);
        _ended.Add(engine);
    }

    private void RestartIfNoneIsLeft()
    {
        if (_engines.Count == 0 && _random.Chance(0.5))
        {
            StartEngine();
        }
    }

    private void CheckEngines()
    {
        foreach (ScenarioEngine engine in _engines.Concat(_ended))
        {
            _verdict.Check(engine.Failure is null, () => $"{engine.Name} gave up: {engine.Failure}");
        }

        _verdict.ThrowIfAny();
    }

    /// <summary>Everything that disturbs is taken away; after a while all must be equal.</summary>
    private void Quiet()
    {
        _endpoints.FaultsEnabled = false;
        foreach (SimulatedEndpoint endpoint in _endpoints.Endpoints)
        {
            endpoint.Lag = 0;
            endpoint.IsDown = false;
            endpoint.StuckOn = null;
        }

        _knobs.HandlerFailures = 0;
        _knobs.HandlerHangs = 0;
        _knobs.StoreFailures = 0;
        _knobs.Poison = null;
        _killAtStep = long.MaxValue;
        foreach (ScenarioEngine engine in _engines)
        {
            engine.Process.Resume();
        }

        if (_engines.Count == 0)
        {
            StartEngine();
        }

        for (int tries = 0; ; tries++)
        {
            // Nor does one that lies wholly below what was ever read.
            while (_chain.Head.Height < (_oracle.Chain.Count > 0 ? _oracle.Chain[0].Height : _oracle.Cursor?.Height ?? _settings.StartHeight))
            {
                Mine([]);
            }

            // A leader that was deposed unheard hears of it when it writes. One that began where the chain ended, with nothing known yet, has nothing to write until the next block.
            if (_family is { BeginsAfterHead: true } && (_oracle.Chain.Count == 0 || (tries > 0 && _election.IsVacant)))
            {
                Mine([]);
            }

            // A chain that only got shorter proves nothing; the next block does.
            if (_oracle.Cursor is { } cursor && _chain.Find(cursor.Hash) is { } held && held != _chain.Head && held.DescendsFrom(_chain.Head))
            {
                Mine([]);
            }

            foreach (ParkedDelivery parked in _inner.ReadParkedAsync(int.MaxValue, CancellationToken.None).AsTask().GetAwaiter().GetResult())
            {
                _knobs.Count("replayed");
                _inner.ReplayAsync(parked.Event.Sequence, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            }

            if (_scheduler.RunUntil(() => _verdict.Fault is not null || IsSettled(), QuietLimit / 8))
            {
                break;
            }

            CheckEngines();
            if (tries == 8)
            {
                _verdict.Fail($"it does not settle: the engine is at {Oracle.Say(_oracle.Cursor)} with {_oracle.Marks}, the chain at {_chain.Head} with final {_chain.Finalized?.Height} and safe {_chain.Safe?.Height}; " +
                    $"{_oracle.Events.Count - _knobs.AcknowledgedEvents.Count} events not delivered, {_registering} registrations under way; " +
                    string.Join(", ", _engines.Select(static engine => $"{engine.Name}{(engine.HasEnded ? " has ended" : engine.Process.IsKilled ? " is dead" : engine.Process.IsPaused ? " stands still" : "")}")) +
                    $", {_scheduler.ReadyCount} continuations ready");
                break;
            }
        }

        CheckEngines();
        CheckEverything();
        _verdict.ThrowIfAny();
        Say($"  quiet at {_oracle.Cursor}: {_oracle.Payments.Count} payments, {_oracle.Events.Count} events");
    }

    /// <summary>Whether a mark has come as far as it can: a mark below the first block that was read cannot be taken.</summary>
    private bool HasCome(long mark, MinedBlock? to) => to is null || mark >= Math.Min(_chain.Head.Height, to.Height) || to.Height < _oracle.Chain[0].Height;

    private bool IsSettled()
    {
        return _oracle.Chain.Count > 0 && _oracle.Cursor == _chain.Head.Point &&
            _oracle.Events.Count == _knobs.AcknowledgedEvents.Count &&
            (_engineCount > 1 || _registering == 0) &&
            (!_endpoints.HasMarks || (HasCome(_oracle.Marks.Finalized, _chain.Finalized) && HasCome(_oracle.Marks.Safe, _chain.Safe))) &&
            _inner.ReadBackScansAsync(_chain.Chain, CancellationToken.None).AsTask().GetAwaiter().GetResult().Count == 0;
    }

    private void CheckEverything()
    {
        _oracle.CheckAgainstFinalChain();
        Dictionary<PaymentId, ExpectedPayment> stored = [];
        foreach (Payment payment in _inner.ReadPaymentsAsync(_chain.Chain, int.MaxValue, CancellationToken.None).AsTask().GetAwaiter().GetResult())
        {
            stored.Add(payment.Id, ExpectedPayment.Of(payment));
        }

        CheckSame(stored, _oracle.Payments, "stored");
        CheckSpends();
        Dictionary<PaymentId, ExpectedPayment> folded = [];
        foreach (PaymentEvent one in _inner.ReadEvents())
        {
            _verdict.Check(IsNext(folded.GetValueOrDefault(one.Payment.Id)?.Status, one.Kind), () => $"event {one.Sequence} of {one.Payment.Id} is {one.Kind} after {folded.GetValueOrDefault(one.Payment.Id)?.Status}");
            folded[one.Payment.Id] = ExpectedPayment.Of(one.Payment);
        }

        CheckSame(folded, _oracle.Payments, "folded");
        _verdict.Check(_knobs.AcknowledgedEvents.SetEquals(_oracle.Events.Select(static one => one.Sequence)), static () => "the delivered events are not the events");
        for (int index = 0; index < _oracle.Chain.Count; index++)
        {
            MinedBlock block = _oracle.Chain[index];
            _verdict.Check(_chain.IsCanonical(block), () => $"block {block} is committed, but not canonical");
        }
    }

    /// <summary>What is recorded as spent is what the canonical blocks spend, and by what.</summary>
    private void CheckSpends()
    {
        Dictionary<OutputId, OutputSpent> spends = _chain.Canonical.SelectMany(static block => block.Spends).ToDictionary(static spent => spent.Output);
        foreach (Payment payment in _inner.ReadPaymentsAsync(_chain.Chain, int.MaxValue, CancellationToken.None).AsTask().GetAwaiter().GetResult())
        {
            Spending? must = payment.Status != PaymentStatus.Retracted && _chain.Chain.Format.OutputOf(payment.Id) is { } output && spends.TryGetValue(output, out OutputSpent spent)
                ? new Spending { TransactionId = _chain.Chain.Format.FormatHash(spent.SpentBy), Block = spent.Block }
                : null;
            // Below the first block that was ever read, what back-scans found hangs on no block that is held.
            // So does what spends an output that a branch brought down there, whose payment is taken back where it once stood.
            bool fellBelow = payment.Status == PaymentStatus.Retracted && payment.Spent?.Block.Height < _oracle.Chain[0].Height;
            bool judged = (payment.Block.Height >= _oracle.Chain[0].Height && !fellBelow) || ((payment.Spent ?? must)?.Block.Height >= _oracle.Chain[0].Height && _chain.At(payment.Block.Height)?.Hash == payment.Block.Hash);
            _verdict.Check(!judged || payment.Spent == must, () => $"payment {payment.TransactionId[..6]}/{payment.Id.Ordinal} in {payment.Block.Height} is spent by [{payment.Spent}] instead of [{must}]");
            if (judged && must is not null)
            {
                _knobs.Count("spent outputs");
            }
        }
    }

    private static bool IsNext(PaymentStatus? status, PaymentEventKind kind) => kind switch
    {
        PaymentEventKind.Detected => status is null or PaymentStatus.Retracted,
        PaymentEventKind.Confirmed => status is PaymentStatus.Detected,
        _ => status is PaymentStatus.Detected or PaymentStatus.Confirmed,
    };

    private void CheckSame(IReadOnlyDictionary<PaymentId, ExpectedPayment> actual, IReadOnlyDictionary<PaymentId, ExpectedPayment> expected, string what)
    {
        foreach (PaymentId id in actual.Keys.Union(expected.Keys))
        {
            string is_ = actual.GetValueOrDefault(id)?.ToString() ?? "nothing";
            string must = expected.GetValueOrDefault(id)?.ToString() ?? "nothing";
            _verdict.Check(is_ == must, () => $"{what} is [{is_}] instead of [{must}]");
        }
    }

    /// <summary>The chain breaks its word. The engine must stop, write nothing more, and stop again when it is started again.</summary>
    private void ViolateFinality()
    {
        _scheduler.Advance(TimeSpan.FromMinutes(1));
        if (_oracle.Finalized is not { } final || _oracle.Chain.Count == 0 || final.Height <= Math.Max(1, _oracle.Chain[0].Height) || final.Height > _chain.Head.Height)
        {
            return;
        }

        _knobs.Count("operation finality violation");
        int depth = (int)(_chain.Head.Height - final.Height) + 1 + _random.Next((int)Math.Min(4, final.Height - 1));
        Say($"finality violation: {depth} blocks are replaced, final was {final.Height}");
        long commits = _oracle.Commits;
        _chain.ReorgEmpty(depth, depth + 1 + _random.Next(3));
        ScenarioEngine[] engines = [.. _engines];
        bool ended = _scheduler.RunUntil(() => engines.Any(static engine => engine.HasEnded), TimeSpan.FromMinutes(30));
        _verdict.Check(ended, static () => "nobody noticed that final blocks were replaced");
        _verdict.Check(!ended || engines.Any(static engine => engine.Failure is FinalityViolationException), () => $"it ended by {engines.FirstOrDefault(static engine => engine.Failure is not null)?.Failure}");
        _verdict.Check(_oracle.Commits == commits, static () => "it was written to after final blocks were replaced");
        foreach (ScenarioEngine engine in engines)
        {
            engine.Stop();
        }

        StartEngine();
        ended = _scheduler.RunUntil(() => _engines[^1].HasEnded, TimeSpan.FromMinutes(30));
        _verdict.Check(ended && _engines[^1].Failure is FinalityViolationException, () => $"a restart did not notice that final blocks were replaced: {_engines[^1].Failure}");
        _verdict.Check(_oracle.Commits == commits, static () => "a restart wrote after final blocks were replaced");
        _verdict.ThrowIfAny();
    }

    private ConfirmationPolicy NewPolicy()
    {
        Confirmation otherwise = _random.Pick([Confirmation.Blocks(1), Confirmation.Blocks(3), Confirmation.Blocks(6), Confirmation.Safe, Confirmation.Finalized]);
        return _random.Chance(0.5)
            ? new ConfirmationPolicy(otherwise)
            : new ConfirmationPolicy(otherwise, new ConfirmationRule { Asset = "TOK", UpTo = 50, Confirmation = Confirmation.Blocks(2) }, new ConfirmationRule { Asset = "SIM", UpTo = 10, Confirmation = Confirmation.Safe });
    }

    private int? Depth(int most = 64)
    {
        long free = Math.Min(most, _chain.Head.Height - LowestFork);
        return free < 1 ? null : (int)(_random.Chance(0.8) ? 1 + (_random.Next((int)free) % 6) : 1 + _random.Next((int)free));
    }

    private bool CanSwitchTo(MinedBlock head)
    {
        MinedBlock fork = head;
        while (!_chain.IsCanonical(fork))
        {
            fork = fork.Parent!;
        }

        return fork.Height >= LowestFork && (_chain.Finalized is not { } final || head.Height >= final.Height);
    }

    private void Changed(MinedBlock head, bool quiet = false)
    {
        if (_family is { IsFinalAtOnce: true })
        {
            _chain.MarkFinalized(head.Height);
        }

        _highest = Math.Max(_highest, head.Height);
        _heads.Add(head);
        if (_heads.Count > 12)
        {
            _heads.RemoveAt(0);
        }

        if (!quiet)
        {
            Say($"  head {head}");
        }
    }

    private List<SimulatedTransaction> NewTransactions() => [.. Enumerable.Range(0, _random.Pick([0, 1, 1, 2, 3])).Select(_ => Remember(NewTransaction()))];

    /// <summary>On a chain of outputs, half of the transactions spend what an earlier one paid; another branch, or a later block, may spend it otherwise.</summary>
    private SimulatedTransaction NewTransaction()
    {
        SimulatedTransaction transaction = _chain.Pay(NewTransfers());
        if (_chain.Chain.Format.OrdinalsPerOutput == 0 || _transactions.Count == 0 || _random.Chance(0.5))
        {
            return transaction;
        }

        SimulatedTransaction spent = _transactions[_random.Chance(0.5) ? _random.Next(_transactions.Count) : _transactions.Count - 1];
        return new SimulatedTransaction(transaction.Id, transaction.Transfers) { Spends = [new OutputId(spent.Id, _random.Next(spent.Transfers.Count))] };
    }

    private IReadOnlyList<SimulatedTransfer> Shape(IReadOnlyList<SimulatedTransfer> transfers) => _family?.Shape(_chain, transfers) ?? transfers;

    private IReadOnlyList<SimulatedTransfer> NewTransfers() => Shape(
    [
        .. Enumerable.Range(0, _random.Pick([1, 1, 1, 2, 4])).Select(_ => _chain.Transfer(
            Key(_random.Pick(_addresses)),
            new BigInteger(1 + _random.Next(100)),
            _random.Chance(0.4) ? _chain.Token : _chain.Coin,
            _random.Chance(0.2) ? $"tag {_random.Next(3)}" : null)),
    ]);

    private SimulatedTransaction Remember(SimulatedTransaction transaction)
    {
        _transactions.Add(transaction);
        return transaction;
    }

    private AddressKey Key(string address) => _chain.Chain.Format.ParseAddress(address);

    private static PaymentReference Reference(string address) => PaymentReference.For("order", address[..8]);

    private void Say(string what)
    {
        if (_trace)
        {
            foreach (LogEntry entry in _engineLog!.Entries)
            {
                if (entry.EventId.Name?.StartsWith("Payment", StringComparison.Ordinal) != true)
                {
                    _log.AppendLine(CultureInfo.InvariantCulture, $"                 {entry.Category}: {entry.Message} {entry.Exception?.Message}");
                }
            }

            _engineLog.Clear();
            _log.AppendLine(CultureInfo.InvariantCulture, $"{_step,3} {(_time.GetTimestamp() / 10_000_000.0),9:F2}s  {what}");
        }
    }

    public override string ToString() => $"seed {_seed}";
}
