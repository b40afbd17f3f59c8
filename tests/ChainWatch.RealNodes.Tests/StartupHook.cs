/// <summary>
/// Runs inside a program under test before its own code (<c>DOTNET_STARTUP_HOOKS</c>, which prescribes the name and that there is no namespace), and harms it when the test asks for
/// it by creating the file that <see cref="FileVariable"/> names; what is in the file says how.
/// </summary>
internal static class StartupHook
{
    public const string FileVariable = "CHAINWATCH_TEST_HARM";

    /// <summary>Takes every thread of the thread pool, and those to come.</summary>
    public const string Starve = "starve";

    /// <summary>Lets an exception happen that nobody catches.</summary>
    public const string Throw = "throw";

    private const int Blockers = 20_000;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } file)
        {
            new Thread(() => Wait(file)) { IsBackground = true }.Start();
        }
    }

    private static void Wait(string file)
    {
        while (!File.Exists(file) || new FileInfo(file).Length == 0)
        {
            Thread.Sleep(Look);
        }

        if (File.ReadAllText(file) == Throw)
        {
            throw new InvalidOperationException("the test asked for it");
        }

        for (var blocker = 0; blocker < Blockers; blocker++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static _ => Thread.Sleep(Timeout.Infinite), state: null);
        }
    }
}
