using System.Net.Http.Headers;
using System.Text;

namespace ChainWatch;

/// <summary>User and password out of a file that may change while the process runs: a node's cookie, a mounted secret.</summary>
internal sealed class EndpointCredentials(string path)
{
    private const int LongestFile = 4096;
    private volatile AuthenticationHeaderValue? _current;

    /// <summary>What to send: what the file held when it was last read.</summary>
    /// <exception cref="IOException">The file cannot be read, or holds no user and password.</exception>
    public AuthenticationHeaderValue Get() => _current ??= Read();

    /// <summary>Reads the file again, because what was sent is refused. False where it holds nothing else, so that sending it again would be refused again.</summary>
    public bool TryRenew(AuthenticationHeaderValue? sent)
    {
        try
        {
            _current = Read();
            return !_current.Equals(sent);
        }
        catch (IOException)
        {
            // A node that starts has no cookie yet.
            _current = null;
            return false;
        }
    }

    private AuthenticationHeaderValue Read()
    {
        try
        {
            // Not File.ReadAllText: a path that names a device or a huge file by mistake must not fill the memory.
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[LongestFile];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            string text = Encoding.UTF8.GetString(bytes, 0, length).Trim();
            return text.Contains(':', StringComparison.Ordinal) && length < LongestFile && !text.Contains('\n', StringComparison.Ordinal)
                ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(text)))
                : throw new IOException("it is not one line with user:password");
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new IOException("it may not be read", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException("it is not there", exception);
        }
    }
}
