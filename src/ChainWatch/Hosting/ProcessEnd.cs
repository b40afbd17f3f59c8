using System.Diagnostics;

namespace ChainWatch;

/// <summary>Ends this process, whatever hangs in it.</summary>
internal static class ProcessEnd
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Ends the process as a program ends itself; where what wants to be told of its end hangs, as an operator would.</summary>
    public static void Now(int code)
    {
        Thread thread = new(() => Environment.Exit(code)) { IsBackground = true, Name = "ChainWatch exit" };
        thread.Start();
        if (!thread.Join(Patience))
        {
            using Process own = Process.GetCurrentProcess();
            own.Kill();
        }
    }
}
